"""What others published about the vendors' APIs, held against our desks and our imitations of the APIs."""
