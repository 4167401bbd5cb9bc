"""What is done about neighbours: sessions, bundles, what each may use, what is missing, whom to keep away."""
