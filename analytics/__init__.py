"""What the figures say: facts, segments, recommendations, KPIs, experiments, the view of a member."""
