"""Measure the recipes here, compare two measurements, and draw them.

``plan`` says what is to be measured, ``measure`` does it, launch by launch, and ``report``
makes one JSON document of it. The table, the CSV file, the comparison, and the pictures are
made of that document alone, so all of them can be made again without measuring.

Players' processes import some of these modules, so none imports numpy or matplotlib before
it is needed. The command does not either while it measures: a process with numpy in it is
larger and slower to fork.
"""
