"""Long work that can be watched, paused, resumed and cancelled."""
