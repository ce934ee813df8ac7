"""Directives of this book."""
