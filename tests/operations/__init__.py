"""The service as its operators meet it: processes, replicas, logs, metrics."""
