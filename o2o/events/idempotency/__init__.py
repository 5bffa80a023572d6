"""A write that is sent twice happens once: the first answer is kept and given again."""
