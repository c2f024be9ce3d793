using System.Globalization;
using System.Text;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.AspNetCore.WebUtilities;

namespace AiMesh.Gateway.Caching;

/// <summary>A dataset of an organisation, whose writes make answers old.</summary>
internal readonly record struct DatasetName(string Organisation, string Dataset)
{
    private const string Datasets = "/api/data/datasets";

    /// <summary>The dataset in a path of DataService; null where there is none. A verb after a colon is not part of the name.</summary>
    public static DatasetName? In(PathString path, string organisation)
    {
        if (!path.StartsWithSegments(Datasets, StringComparison.OrdinalIgnoreCase, out var rest) || rest.Value is not { Length: > 1 } value) return null;
        var name = value[1..];
        var end = name.AsSpan().IndexOfAny('/', ':');
        return new DatasetName(organisation, end < 0 ? name : name[..end]);
    }
}

/// <summary>
/// Where answers to a request are found. Equal for spellings of the same request, different for all else; what a caller may see is not in it, since only
/// DataService knows: each answer has a label for that. A mistake here could make an answer be looked for in vain, but never be taken for
/// another, because a label fits one query only.
/// </summary>
/// <param name="Text">Organisation, method, path, query in order of its names, and what the caller accepts.</param>
/// <param name="Dataset">Whose writes make it old.</param>
internal sealed record CacheKey(string Text, DatasetName Dataset)
{
    /// <summary>Addresses that are longer are not worth their memory.</summary>
    private const int MaxLength = 8 * 1024;

    public static CacheKey? Of(HttpRequest request, Principal principal)
    {
        if (DatasetName.In(request.Path, principal.Organisation) is not { } dataset) return null;
        var text = new StringBuilder();
        Add(text, principal.Organisation);
        Add(text, request.Method);
        Add(text, request.Path.Value!);
        foreach (var (name, value) in Query(request))
        {
            Add(text, name);
            Add(text, value);
        }

        Add(text, request.Headers.Accept.ToString().ToLowerInvariant());
        return text.Length > MaxLength ? null : new CacheKey(text.ToString(), dataset);
    }

    /// <summary>Where requests meet that will most likely get the same answer: who is alike waits for one instead of asking as well.</summary>
    public string FlightOf(Principal principal)
    {
        var text = new StringBuilder(Text);
        foreach (var role in principal.Roles.Order(StringComparer.Ordinal)) Add(text, role);
        return text.ToString();
    }

    private static IEnumerable<(string Name, string Value)> Query(HttpRequest request)
    {
        var pairs = new List<(string Name, string Value)>();
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value)) pairs.Add((pair.DecodeName().ToString(), pair.DecodeValue().ToString()));

        // Stable: values of one name keep their order, which may mean something.
        return pairs.OrderBy(static pair => pair.Name, StringComparer.Ordinal);
    }

    // With its length, so that no text can look like two.
    private static void Add(StringBuilder text, string part) => text.Append(CultureInfo.InvariantCulture, $"{part.Length}:").Append(part);
}
