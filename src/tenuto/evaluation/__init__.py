"""The judges: figures, intervals, curves and alarms for any model that gives numbers.

They know arrays and tables, never models, users' histories or files.
A judge must say what it answers when there is no answer (NaN, or an error with its mend).
"""
