"""The handover: what a platform has today, read from a folder of CSV files.

`columns` says what the files hold, `reading` reads them as spreadsheets write them, `staging` puts
them into temporary tables, `checks` and `courses` find what is wrong there, `writing` takes the
rest over, `report` tells, and `importing` is the order of it all. docs/import.md is for who hands
over.
"""
