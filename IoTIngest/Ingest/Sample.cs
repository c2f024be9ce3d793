namespace AiMesh.IoTIngest.Ingest;

/// <summary>A valid reading on its way to the table: UTC, to the microsecond, as PostgreSQL keeps it.</summary>
internal record struct Sample(int Series, string Metric, DateTime Time, double Value, bool Anomalous);
