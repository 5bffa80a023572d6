"""Settings: ``base`` holds what is true everywhere, ``development``, ``testing`` and ``production`` what differs.

Everything that differs between two installations is read from the environment in ``environment.py``;
``docs/operations.md`` lists the variables.
"""
