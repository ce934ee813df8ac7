"""Measure the recipes here, and compare two measurements.

``plan`` says what is to be measured, ``measure`` does it, launch by launch, and ``summary``
makes one JSON ``document`` of it. All that is shown is made of that document alone.

Players' processes import some of these modules, so none imports numpy or matplotlib before
it is needed. The command does not either while it measures: a process with numpy in it is
larger and slower to fork.
"""
