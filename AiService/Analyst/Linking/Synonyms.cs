using System.Collections.Frozen;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Linking;

/// <summary>Words that name the same thing in questions and in field names.</summary>
internal static class Synonyms
{
    // A word may stand in several groups.
    private static readonly string[] Groups =
    [
        "gross earn earnings revenue takings money boxoffice turnover",
        "rating rate rated score grade mark",
        "director directed filmmaker",
        "release released premiere premiered launch launched publish published",
        "budget cost spend price expense",
        "running runtime length duration lasts",
        "genre category type kind sort",
        "distributor studio distributed",
        "organisation organization company firm institution business",
        "contact email mail emailaddress reach",
        "market markets region country geography geographic location territory place",
        "sector industry focus",
        "status state stage progress",
        "size amount",
        "investment invest deal",
        "vote votes voter",
        "date day",
        "time timestamp",
        "severity level",
        "value reading measurement",
        "metric sensor",
        "salary pay wage",
        "quantity qty",
        "customer client buyer",
        "author writer wrote written",
        "owner owned",
        "phone telephone",
        "description notes comment remark",
        "anomaly anomalous abnormal unusual",
        "temperature temp",
        "source basis adapted based",
        "creative style",
        "manager managed",
        "created creation",
        "updated modified changed",
        "height tall elevation",
        "weight heavy mass",
    ];

    // Names of kinds of rows, for datasets.
    private static readonly string[] RowGroups =
    [
        "movies films pictures features",
        "surveys responses submissions questionnaires",
        "readings measurements",
        "alerts alarms warnings",
        "customers clients",
        "employees staff people persons",
        "orders purchases",
        "products articles",
        "companies organisations organizations firms",
    ];

    private static readonly FrozenDictionary<string, FrozenSet<string>> OfFields = Index(Groups);
    private static readonly FrozenDictionary<string, FrozenSet<string>> OfRows = Index(RowGroups);

    public static bool SameField(string stem, string other) =>
        OfFields.TryGetValue(stem, out var group) && group.Contains(other);

    public static bool SameRows(string stem, string other) =>
        stem == other || (OfRows.TryGetValue(stem, out var group) && group.Contains(other));

    private static FrozenDictionary<string, FrozenSet<string>> Index(string[] groups)
    {
        var index = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var stems = group.Split(' ').Select(Stem.Of).ToArray();
            foreach (var stem in stems)
            {
                if (!index.TryGetValue(stem, out var others))
                    index.Add(stem, others = new HashSet<string>(StringComparer.Ordinal));
                others.UnionWith(stems);
            }
        }

        return index.ToFrozenDictionary(e => e.Key, e => e.Value.ToFrozenSet(StringComparer.Ordinal), StringComparer.Ordinal);
    }
}
