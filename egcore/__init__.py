"""Route CloudEvents by EventGrid subscription rules: check, filter, transform."""
