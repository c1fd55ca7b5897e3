"""``gradproof serve``: a page to try a sheet on, and the JSON API beneath it.

:mod:`~gradproof.serving.application` is the routes, :mod:`~gradproof.serving.desk` hands requests to processes that may
be killed, :mod:`~gradproof.serving.tasks` is what these do.
"""
