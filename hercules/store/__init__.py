"""The database: deliveries, effects, tickets, answers, articles and the journal; all SQL is in here."""
