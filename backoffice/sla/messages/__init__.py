"""The figures in the reader's words: charts and report of the managers' page, and the mail that brings them each week.

Nothing here asks for a request: the worker makes the same report as the page, with the addresses it is given.
"""
