"""How results look: tables, wording, pictures, and files that appear whole or not at all.

Nothing here plays or measures. The pictures and tables of ``bench`` are made of its document
alone, so they can be made again at any time.
"""
