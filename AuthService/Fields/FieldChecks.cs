using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.Fields;

/// <summary>Collects everything that is wrong with a request, so that the caller learns of it at once.</summary>
internal sealed class FieldChecks
{
    private readonly List<FieldViolation> _violations = [];

    public bool Passed => _violations.Count == 0;

    /// <summary>What is wrong, when something is.</summary>
    public MeshError Error => _violations is [var only] ? new InvalidField(only.Field, only.Description) : new InvalidFields([.. _violations]);

    public void Fail(string field, string description) => _violations.Add(new FieldViolation(field, description));

    /// <summary>Checks a line of text for people and answers it without white space around it.</summary>
    public string Line(string field, string value, int maxLength, bool required)
    {
        var text = value.Trim();
        if (required && text.Length == 0) Fail(field, "is required");
        else if (CharacterCount(text) > maxLength) Fail(field, $"must have at most {maxLength} characters");
        else if (text.Any(char.IsControl)) Fail(field, "must not hold control characters");
        return text;
    }

    public void Require(string field, string value)
    {
        if (value.Length == 0) Fail(field, "is required");
    }

    /// <summary>In code points, as PostgreSQL and people count.</summary>
    public static int CharacterCount(string text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes()) count++;
        return count;
    }
}
