"""What a message states for certain, as records with a subject, an attribute and a value; and when each holds. Pure."""
