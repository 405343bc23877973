"""One file for each search engine, all keeping the same contract."""
