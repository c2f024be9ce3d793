using System.Collections.Immutable;
using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Reads a question over one table.</summary>
internal sealed class QuestionReader(DateTime now)
{
    private const int MostChoices = 3;

    /// <summary>What the question means: one query, several where a word fits several fields equally, or the reason why none.</summary>
    public TableReading Read(Table table, IReadOnlyList<Word> words)
    {
        var linker = new Linker(table);
        var queries = ImmutableArray.CreateBuilder<Query>();
        Reading reading;
        var choice = 0;
        do
        {
            // Elements carry marks of use, so each attempt has its own.
            reading = new Reading(table, linker.Link(words), choice);
            var query = Read(reading);
            if (query is not null && reading.Refusal is null)
                queries.Add(query);
            choice++;
        }
        while (reading.Refusal is null && choice < reading.Choices && choice < MostChoices);

        var unknown = reading.Elements.Where(e => e is RoleElement { Role: Role.Unknown }).SelectMany(e => e.Words).ToImmutableArray();
        var linked = reading.Elements.Sum(e => e is FieldElement or ValueElement ? 2 : e is RowsElement { IsNamed: true } ? 5 : 0);
        return new TableReading(table, queries.ToImmutable(), reading.Refusal, linked - (10 * unknown.Length), unknown, linker.Values);
    }

    private Query? Read(Reading reading)
    {
        Leftovers.CheckUnknown(reading);
        Comparisons.Read(reading);
        ValueConditions.Read(reading);
        Periods.Read(reading, now);
        PresenceConditions.Read(reading);
        var operation = reading.Refusal is null ? Intent.Read(reading) : null;
        Leftovers.Check(reading);
        return operation is null ? null : new Query(reading.Table, operation, [.. reading.Filters]);
    }
}

/// <param name="Table">What it was read over.</param>
/// <param name="Queries">Empty when it could not be read.</param>
/// <param name="Refusal">Why it could not.</param>
/// <param name="Fit">How much of the question the table explains; to choose among tables.</param>
/// <param name="Unknown">Words that the table has nothing for.</param>
/// <param name="Values">For suggestions.</param>
internal sealed record TableReading(Table Table, ImmutableArray<Query> Queries, string? Refusal, int Fit, ImmutableArray<Word> Unknown, ValueIndex Values);
