using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>
/// One attempt to read a question over one table. Where words fit several fields, <paramref name="choice"/> says which of them this
/// attempt takes; <see cref="Choices"/> tells afterwards how many attempts there are.
/// </summary>
internal sealed class Reading(Table table, IReadOnlyList<Element> elements, int choice)
{
    private static readonly HashSet<Role> Skippable = [Role.Filler, Role.Is, Role.Of, Role.Have, Role.Unit, Role.What];

    public Table Table { get; } = table;

    public IReadOnlyList<Element> Elements { get; } = elements;

    public List<Filter> Filters { get; } = [];

    /// <summary>Position in the question of each filter, for "what percentage of A are B".</summary>
    public List<int> FilterPositions { get; } = [];

    /// <summary>A bound on the size of groups ("more than 5 films").</summary>
    public Having? Having { get; set; }

    public int Choices { get; private set; } = 1;

    /// <summary>Why the question cannot be answered from this table; the first reason stays.</summary>
    public string? Refusal { get; private set; }

    public void Refuse(string reason) => Refusal ??= reason;

    public void Add(Filter filter, int position)
    {
        Filters.Add(filter);
        FilterPositions.Add(position);
    }

    public Role? RoleAt(int index) => index >= 0 && index < Elements.Count && Elements[index] is RoleElement role ? role.Role : null;

    public bool IsFree(int index, Role role) => RoleAt(index) == role && !Elements[index].Used;

    /// <summary>First unused element with the role; -1 when there is none.</summary>
    public int IndexOf(params Role[] roles)
    {
        for (var i = 0; i < Elements.Count; i++)
        {
            if (!Elements[i].Used && RoleAt(i) is { } role && roles.Contains(role))
                return i;
        }

        return -1;
    }

    /// <summary>The next element that means something by itself; Elements.Count at the end.</summary>
    public int Next(int index)
    {
        do
            index++;
        while (index < Elements.Count && RoleAt(index) is { } role && Skippable.Contains(role));
        return index;
    }

    /// <summary>The previous element that means something by itself; -1 at the beginning.</summary>
    public int Previous(int index)
    {
        do
            index--;
        while (index >= 0 && RoleAt(index) is { } role && Skippable.Contains(role));
        return index;
    }

    public Element? At(int index) => index >= 0 && index < Elements.Count ? Elements[index] : null;

    /// <summary>Marks elements as taken into the query.</summary>
    public void Use(int from, int to)
    {
        for (var i = Math.Max(from, 0); i <= to && i < Elements.Count; i++)
            Elements[i].Used = true;
    }

    /// <summary>The column a mention stands for, among those that fit; null when none does.</summary>
    public Column? Resolve(FieldElement field, Func<Column, bool> fits) => Choose([.. field.Candidates.Where(fits)]);

    /// <summary>One of several columns that fit equally, by this attempt's choice.</summary>
    public Column? Choose(IReadOnlyList<Column> columns)
    {
        if (columns.Count == 0)
            return null;
        if (columns.Count > 1)
            Choices = Math.Max(Choices, columns.Count);
        return columns[Math.Min(choice, columns.Count - 1)];
    }

    /// <summary>Unused mentions that have a fitting column, in order.</summary>
    public IEnumerable<(int Index, FieldElement Field)> FreeFields(Func<Column, bool> fits)
    {
        for (var i = 0; i < Elements.Count; i++)
        {
            if (Elements[i] is FieldElement { Used: false } field && field.Candidates.Any(fits))
                yield return (i, field);
        }
    }
}
