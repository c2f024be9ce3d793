using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Linking;

/// <summary>Recognises what the words of a question mean for one table. Longer spans win over shorter ones.</summary>
internal sealed class Linker(Table table)
{
    private static readonly HashSet<Role> WeakerThanFields =
        [Role.Filler, Role.Unit, Role.Period, Role.Unsupported, Role.Row, Role.Last, Role.Hint, Role.Describe];

    private readonly FieldIndex _fields = new(table);
    private readonly ValueIndex _values = new(table);
    private readonly RowsNames _rows = new(table);

    public ValueIndex Values => _values;

    public List<Element> Link(IReadOnlyList<Word> words)
    {
        var elements = new List<Element>();
        var shouting = words.Count > 2 && words.Count(w => w.Kind is WordKind.Letters && w.IsCapitalised) > words.Count * 0.8;
        for (var i = 0; i < words.Count;)
        {
            var element = At(words, i, elements.Count == 0 ? null : elements[^1], shouting);
            elements.Add(element);
            i += element.Words.Count;
        }

        return Mentions.Join(Names.Resolve(elements, _fields, _values), _fields);
    }

    private Element At(IReadOnlyList<Word> words, int start, Element? previous, bool shouting)
    {
        if (words[start].Quote > 0)
            return Quotation(words, start);

        if (PeriodReader.Read(words, start) is { } period)
            return period;

        Element? best = Value(words, start, previous, shouting);
        best = Better(best, Field(words, start), start);
        best = Better(best, _rows.Find(words, start), start);
        best = Better(best, RoleAt(words, start), start);
        if (best is not null)
            return best;

        if (words[start].Kind is WordKind.Number)
            return new NumberElement(words[start], words[start].Value);
        return NumberWords.TryRead(words[start].Folded, out var number)
            ? new NumberElement(words[start], number)
            : new RoleElement([words[start]], Role.Unknown);
    }

    private static Element? Better(Element? one, Element? other, int start)
    {
        if (one is null || other is null)
            return one ?? other;
        if (one.Words.Count != other.Words.Count)
            return one.Words.Count > other.Words.Count ? one : other;

        return (one, other) switch
        {
            // A value was accepted against keywords already, see IsPlausible.
            (ValueElement, RoleElement) => one,
            (ValueElement, FieldElement { IsStrong: true }) => other,
            (ValueElement, RowsElement) => other,
            (ValueElement, FieldElement) => one,
            (FieldElement { IsStrong: true }, RowsElement { IsNamed: false }) => one,
            (FieldElement, RowsElement) => other,
            (FieldElement field, RoleElement role) => field.IsStrong && WeakerThanFields.Contains(role.Role) && !(start == 0 && role.Role is Role.List) ? one : other,
            (RowsElement, RoleElement) => one,
            _ => one,
        };
    }

    private ValueElement? Value(IReadOnlyList<Word> words, int start, Element? previous, bool shouting)
    {
        for (var count = Math.Min(ValueIndex.LongestValue, words.Count - start); count > 0; count--)
        {
            var span = words.Skip(start).Take(count).ToList();
            if (span.Exists(w => w.Quote > 0 || w.Kind is WordKind.Symbol))
                continue;
            var matches = _values.Whole(span);
            if (matches.Count > 0 && IsPlausible(span, matches, start, previous, shouting))
                return new ValueElement(span, matches);
        }

        return null;
    }

    // "Up", "Her" and "300" are films, and words and numbers of questions more often: they count as values only when written
    // as names are, or where a name must follow.
    private static bool IsPlausible(List<Word> span, IReadOnlyList<ValueMatch> matches, int start, Element? previous, bool shouting)
    {
        if (span.TrueForAll(w => w.Kind is WordKind.Number))
            return previous is FieldElement or RowsElement { IsNamed: true } or RoleElement { Role: Role.Of } && !matches.All(m => m.Column.IsCategorical && previous is RowsElement);

        if (span is [{ Text.Length: 1 } letter])
            return letter.IsCapitalised && !(start == 0 || letter.Text is "I" or "A");

        var weak = span.TrueForAll(w => Vocabulary.TryGet(w.Folded, out _) || (Hint.TryGet(w.Folded, out var h) && h.Degree is not HintDegree.Positive) || w.Folded.Length <= 2);
        return !weak || (start > 0 && !shouting && span.TrueForAll(w => w.Kind is WordKind.Number || w.IsCapitalised));
    }

    private FieldElement? Field(IReadOnlyList<Word> words, int start)
    {
        for (var count = Math.Min(FieldIndex.LongestMention, words.Count - start); count > 0; count--)
        {
            var span = words.Skip(start).Take(count).ToList();
            if (!span.Exists(w => w.Quote > 0) && _fields.Find(span) is { } field)
                return field;
        }

        return null;
    }

    private static RoleElement? RoleAt(IReadOnlyList<Word> words, int start)
    {
        for (var count = Math.Min(Vocabulary.LongestPhrase, words.Count - start); count > 0; count--)
        {
            var span = words.Skip(start).Take(count).ToList();
            if (span.Exists(w => w.Quote > 0))
                continue;
            var phrase = string.Join(' ', span.Select(w => w.Folded));
            if (Hint.TryGet(phrase, out var hint) && !(hint.OfTime && phrase is "last" && FollowedByPeriod(words, start + 1)))
                return new RoleElement(span, Role.Hint, hint);
            if (Vocabulary.TryGet(phrase, out var role))
                return new RoleElement(span, role);
        }

        return null;
    }

    // "last 24 hours", "last week" count back from now; "last reading" is the latest.
    private static bool FollowedByPeriod(IReadOnlyList<Word> words, int next)
    {
        if (next < words.Count && (words[next].Kind is WordKind.Number || NumberWords.TryRead(words[next].Folded, out _)))
            next++;
        return next < words.Count && words[next].Folded is "minute" or "minutes" or "hour" or "hours" or "day" or "days" or "week" or "weeks" or "month" or "months" or "year" or "years";
    }

    private Element Quotation(IReadOnlyList<Word> words, int start)
    {
        var span = words.Skip(start).TakeWhile(w => w.Quote == words[start].Quote).ToList();
        var matches = _values.Whole(span);
        if (matches.Count == 0)
            matches = _values.Within(span);
        if (matches.Count > 0)
            return new ValueElement(span, matches);
        return _fields.Find(span) is { } field ? field : new RoleElement(span, Role.Unknown);
    }
}
