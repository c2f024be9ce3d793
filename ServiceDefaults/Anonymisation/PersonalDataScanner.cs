namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>
/// Finds personal data in texts: by form and check digits where there are any, by the words around it otherwise. Every step looks at a bounded stretch, so the time
/// grows with the length of the text and nothing else. What has no form (names without a title, addresses without a street) is found only in part.
/// </summary>
public static class PersonalDataScanner
{
    /// <summary>No single value is longer.</summary>
    internal const int MaxValue = 320;

    /// <summary>What is found, in order, without overlaps.</summary>
    public static IReadOnlyList<PersonalSpan> Find(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var found = new Findings(text.Length);

        // What is surer goes first, and keeps its place.
        EmailScanner.Find(text, found);
        NumberScanner.Find(text, found);
        AddressScanner.Find(text, found);
        NameScanner.Find(text, found);
        return found.InOrder();
    }
}

/// <summary>Spans that do not overlap.</summary>
internal sealed class Findings(int length)
{
    private readonly List<PersonalSpan> _spans = [];
    private bool[]? _taken;

    /// <summary>Adds a span unless another has part of it.</summary>
    public void Add(int start, int end, PersonalKind kind)
    {
        _taken ??= new bool[length];
        var place = _taken.AsSpan(start, end - start);
        if (place.Contains(true)) return;
        place.Fill(true);
        _spans.Add(new PersonalSpan(start, end - start, kind));
    }

    public bool IsTaken(int index) => _taken?[index] == true;

    public IReadOnlyList<PersonalSpan> InOrder()
    {
        _spans.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        return _spans;
    }
}
