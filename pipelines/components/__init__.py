"""What one entry of the operators' YAML becomes in Dagster."""
