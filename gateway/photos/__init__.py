"""Photos of reports: the file of each, beside the database, from its arrival to its destruction.

To be read in this order: `picture` (what a photo is, and how it is made anew without what phones
write into one), `folder` (the files), `ending` (what is destroyed when, and telephones with it).
What is known of them stands in the database (`gateway/store/photos.py`).
"""
