using System.Collections.Immutable;
using System.Text.RegularExpressions;
using AiMesh.Ai.V1;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AiService.Ask;

/// <summary>Checks questions; every fault is reported at once.</summary>
internal static partial class AskRequests
{
    public const int DefaultOutputTokens = 1024;
    private const int MostOutputTokens = 32_768;
    private const int LongestQuestion = 8000;
    private const int LongestFilter = 4000;
    private const int MostNames = 5;

    public static MeshError? Check(AskRequest request)
    {
        var violations = Violations(request).ToImmutableArray();
        return violations.IsEmpty ? null : new InvalidFields(violations);
    }

    private static IEnumerable<FieldViolation> Violations(AskRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Question) || request.Question.Length > LongestQuestion)
            yield return new FieldViolation("question", $"1 to {LongestQuestion} characters.");
        if (request.Datasets.Count > MostNames || (request.Datasets.Count == 0 && request.Devices.Count == 0))
            yield return new FieldViolation("datasets", $"1 to {MostNames} ids of datasets; none only where devices are named.");
        if (request.Devices.Count > MostNames)
            yield return new FieldViolation("devices", $"At most {MostNames} ids of devices.");
        foreach (var (field, names) in new[] { ("datasets", request.Datasets), ("devices", request.Devices) })
        {
            for (var i = 0; i < Math.Min(names.Count, MostNames); i++)
            {
                if (!Id().IsMatch(names[i]))
                    yield return new FieldViolation($"{field}[{i}]", "1 to 63 characters of a-z, 0-9, '-' and '_', beginning with a letter or digit.");
                else if (names.IndexOf(names[i]) < i)
                    yield return new FieldViolation($"{field}[{i}]", "Named twice.");
            }
        }

        foreach (var (dataset, filter) in request.Filters.OrderBy(f => f.Key, StringComparer.Ordinal).Take(MostNames + 1))
        {
            if (!request.Datasets.Contains(dataset))
                yield return new FieldViolation("filters", "The keys are ids in datasets.");
            else if (filter.Length > LongestFilter)
                yield return new FieldViolation($"filters[{dataset}]", $"At most {LongestFilter} characters.");
        }

        if (request.MaxOutputTokens is < 0 or > MostOutputTokens)
            yield return new FieldViolation("max_output_tokens", $"1 to {MostOutputTokens}, or 0 for {DefaultOutputTokens}.");
        if (request.Model.Length > 200)
            yield return new FieldViolation("model", "At most 200 characters.");
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9_-]{0,62}\z", RegexOptions.None, 1000)]
    private static partial Regex Id();
}
