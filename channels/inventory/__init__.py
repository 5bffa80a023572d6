"""One stock for all channels: levels, movements, holds, allocations, quotas, transfers, counts."""
