"""What a person needs after an alert: the letter, the proof, the date."""
