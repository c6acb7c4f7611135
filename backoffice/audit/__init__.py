"""Who did what, when, from where, on which object, with what before and after. Rows are added and never touched again:
triggers in the database refuse it even where code forgets.
"""
