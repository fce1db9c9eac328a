"""`parity serve`: the dashboard's pages and the runs that are going on, live, for a browser and for machines."""
