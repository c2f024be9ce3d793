namespace AiMesh.AiService.Analyst;

/// <summary>What models are told to write into their answers, and what is read out of them again.</summary>
internal static class Markers
{
    /// <summary>Begins an answer that the data does not hold.</summary>
    public const string NoAnswer = "[no-answer]";
}
