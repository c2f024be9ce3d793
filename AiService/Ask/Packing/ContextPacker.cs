using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Ask.Citations;
using AiMesh.AiService.Ask.Sources;
using AiMesh.AiService.Providers;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Ask.Packing;

/// <summary>
/// Makes the prompt of a question for one model: fields that its provider may be told, as many rows as its context holds, and the
/// instructions apart from both.
/// </summary>
internal sealed class ContextPacker(string question, ImmutableArray<SourceTable> tables, int outputTokens)
{
    /// <summary>Part of a context that is planned with: our count of tokens is a rule of thumb.</summary>
    private const double UsablePart = 0.85;

    private readonly Dictionary<(bool Leaves, long Budget), (string Data, IReadOnlyDictionary<string, PackedRow> Rows, ImmutableArray<string> Notices)> _packed = [];

    public AskPrompt Pack(Provider provider, Model model)
    {
        var output = Math.Min(outputTokens, model.MaxOutputTokens);
        var budget = (long)((model.ContextLength - output) * (provider.LeavesTheMesh ? UsablePart : 1)) - ApproximateTokens.Of(Instructions.Text) - ApproximateTokens.Of(question);
        var key = (provider.LeavesTheMesh, budget);
        if (!_packed.TryGetValue(key, out var packed)) packed = _packed[key] = PackRows(provider, budget);

        return new AskPrompt(
            [
                new ChatMessage(ChatRole.System, Instructions.Text),
                new ChatMessage(ChatRole.User, packed.Data),

                // A question cannot open a block of rows of its own.
                new ChatMessage(ChatRole.User, question.Replace("```", "'''", StringComparison.Ordinal)),
            ],
            new ChatOptions { ModelId = model.Name, MaxOutputTokens = output, Temperature = provider.LeavesTheMesh ? 0 : null },
            packed.Rows,
            [.. Withheld(provider).Select(w => w.Notice), .. packed.Notices])
        {
            Guards = [.. Withheld(provider).Select(w => $"{w.Kind}: {w.Fields.Count.ToString(CultureInfo.InvariantCulture)} {(w.Fields.Count == 1 ? "field" : "fields")} withheld")],
        };
    }

    private (string Data, IReadOnlyDictionary<string, PackedRow> Rows, ImmutableArray<string> Notices) PackRows(Provider provider, long budget)
    {
        var notices = new List<string>();
        var given = tables.Select(t => t.Fields.Where(f => IsGiven(f, provider)).ToList()).ToList();
        var lines = new List<PackedLine>();
        for (var t = 0; t < tables.Length; t++)
        {
            foreach (var row in tables[t].Rows)
            {
                var id = $"r{(lines.Count + 1).ToString(CultureInfo.InvariantCulture)}";
                lines.Add(new PackedLine(t, id, RowsBlock.Row(id, row, given[t]), row));
            }
        }

        var headers = tables.Select((t, i) => RowsBlock.Header(t, given[i])).ToList();
        var room = budget - headers.Sum(h => ApproximateTokens.Of(h) + 8);
        var chosen = RowChoice.Fitting(lines, question, room);

        var data = new StringBuilder();
        for (var t = 0; t < tables.Length; t++)
        {
            var table = tables[t];
            var kept = chosen.Where(l => l.Table == t).ToList();
            data.Append(ContextReader.Open).Append('\n').Append(headers[t]).Append('\n');
            foreach (var line in kept)
                data.Append(line.Text).Append('\n');
            data.Append(ContextReader.Close).Append('\n');

            if (kept.Count < table.Rows.Length)
                notices.Add(string.Create(CultureInfo.InvariantCulture, $"Only {kept.Count} of {table.Rows.Length} rows of '{table.Id}' fit the model; they were chosen by the words of the question."));
            if (table.IsTruncated)
                notices.Add(string.Create(CultureInfo.InvariantCulture, $"'{table.Id}' has more rows; only {table.Rows.Length} were considered."));
        }

        var rows = chosen.ToDictionary(l => l.Id, l => new PackedRow(l.Row, tables[l.Table], given[l.Table]), StringComparer.Ordinal);
        return (data.ToString(), rows, [.. notices]);
    }

    private IEnumerable<(string Kind, List<string> Fields, string Notice)> Withheld(Provider provider)
    {
        var secret = Names(Sensitivity.Secret);
        if (secret.Count > 0)
            yield return ("secret", secret, $"Secret fields were not used: {string.Join(", ", secret)}.");
        var personal = Names(Sensitivity.Personal);
        if (provider.LeavesTheMesh && personal.Count > 0)
            yield return ("pii", personal, $"Personal data was not given to '{provider.Name}': {string.Join(", ", personal)}.");
    }

    private List<string> Names(Sensitivity sensitivity) =>
        [.. tables.SelectMany(t => t.Fields.Where(f => f.Sensitivity == sensitivity).Select(f => $"{t.Id}.{f.Name}"))];

    // Names that begin with '#' are the block's own: a field of such a name could pass for the id of another row.
    private static bool IsGiven(SourceField field, Provider provider) =>
        !field.Name.StartsWith('#')
        && (field.Sensitivity is Sensitivity.Open || (field.Sensitivity is Sensitivity.Personal && !provider.LeavesTheMesh));
}

/// <summary>A row as a line of the prompt.</summary>
internal sealed record PackedLine(int Table, string Id, string Text, SourceRow Row);
