"""The pages: a view, the live pieces that it shows, and its routes, a file each."""
