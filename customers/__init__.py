"""Members and what is known about them: identities, consent, segments, loyalty, care."""
