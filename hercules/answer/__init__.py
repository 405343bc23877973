"""From matches and hits to a suggestion, a decision and the words that are posted."""
