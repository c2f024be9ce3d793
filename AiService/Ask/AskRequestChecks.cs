using AiMesh.Ai.V1;
using AiMesh.AiService.Completion;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AiService.Ask;

internal static class AskRequestChecks
{
    private const int MaxQuestionLength = 8000;
    private const int MaxDatasets = 5;
    private const int MaxDevices = 5;

    /// <summary>Every fault of the request; null when there is none.</summary>
    public static MeshError? Check(AskRequest request)
    {
        var faults = new List<FieldViolation>();
        if (string.IsNullOrWhiteSpace(request.Question) || request.Question.Length > MaxQuestionLength)
            faults.Add(new FieldViolation("question", $"must have 1 to {MaxQuestionLength} characters."));
        if (request.Datasets.Count is 0 or > MaxDatasets || request.Datasets.Any(string.IsNullOrEmpty))
            faults.Add(new FieldViolation("datasets", $"must name 1 to {MaxDatasets} datasets; GET /api/data/datasets lists those you may read."));
        if (request.Datasets.Distinct(StringComparer.Ordinal).Count() != request.Datasets.Count)
            faults.Add(new FieldViolation("datasets", "must not name a dataset twice."));
        faults.AddRange(request.Filters.Keys.Where(key => !request.Datasets.Contains(key))
            .Select(key => new FieldViolation("filters", $"names '{key}', which is not among the datasets.")));
        if (request.MaxOutputTokens is < 0 or > CompleteRequestReader.MaxOutputTokens)
            faults.Add(new FieldViolation("max_output_tokens", $"must lie between 1 and {CompleteRequestReader.MaxOutputTokens}; 0 means {CompleteRequestReader.DefaultOutputTokens}."));
        if (request.Devices.Count > MaxDevices)
            faults.Add(new FieldViolation("devices", $"must name at most {MaxDevices} devices."));
        return faults.Count == 0 ? null : new InvalidFields([.. faults]);
    }
}
