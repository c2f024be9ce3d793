using System.ComponentModel.DataAnnotations;

namespace AiMesh.DataService.Search;

internal sealed class SearchOptions
{
    public const string Section = "Search";

    /// <summary>How often each replica looks for items to index that nobody told it of.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "01:00:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a search waits for what was written before it to be indexed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Memory for indexes of datasets, in MiB; those not used for longest are given up first. A dataset that needs more by itself is not searched.</summary>
    [Range(1, 1_000_000)]
    public int MemoryMegabytes { get; set; } = 512;

    /// <summary>Passages of a field up to which every one is compared; beyond, callers from whom nothing in it is hidden go by a graph.</summary>
    [Range(100, 100_000_000)]
    public int ExactLimit { get; set; } = 20_000;

    /// <summary>
    /// Of datasets whose vectors are in a store (<c>Search:Stores:{name}</c>): items up to which all are compared where the store cannot be asked, or where rows are
    /// hidden from the caller. With more, such searches are refused.
    /// </summary>
    [Range(100, 100_000_000)]
    public int MaxScan { get; set; } = 200_000;

    /// <summary>For how long it is kept which items were removed. Copies in memory that are older begin anew.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan RemovedRetention { get; set; } = TimeSpan.FromHours(1);
}
