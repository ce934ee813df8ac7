"""The command line: one module a command; statuses, options and output are shared by all.

A command's module has ``DESCRIPTION``, ``EPILOG``, ``add_options(parser)``, a class ``Options``
that says of what types those are, and ``run(options, results)``, which adds to the results and
returns the exit status. It is imported when it is asked for.
"""
