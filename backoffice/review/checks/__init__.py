"""What a reviewer should notice about a request before deciding: pure checks over plain facts.

Checks inform, they never block. What was looked at and invoiced before is no news: a payer, a tax ID or a header that
an earlier invoice already names passes, so that a warning keeps its weight.
"""
