namespace Aspire.Npgsql;

/// <summary>How a service reaches its PostgreSQL database. Bound from <c>Aspire:Npgsql</c>, then <c>Aspire:Npgsql:{name}</c>.</summary>
public class NpgsqlSettings
{
    /// <summary>Npgsql connection string. <c>ConnectionStrings:{name}</c> goes before the value of the sections.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Leaves the health check out. Default: false.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Leaves out the subscription to Npgsql's activity source. Default: false.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Leaves out the subscription to Npgsql's meter. Default: false.</summary>
    public bool DisableMetrics { get; set; }
}
