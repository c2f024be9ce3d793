using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Policy;
using AiMesh.ServiceDefaults.Privacy;

namespace AiMesh.DataService.Privacy;

/// <summary>Which rows of a dataset are a person's, and what becomes of them.</summary>
internal static class PersonalRows
{
    private const string Owned = "(owner COLLATE \"C\") = @subject";

    /// <param name="dataset">Its definition says whom rows are about.</param>
    /// <param name="roles">Only what these roles see is exported; null: everything.</param>
    /// <returns>Null where the roles see nothing of the dataset: for them it does not exist.</returns>
    public static PersonalTable? Of(CompiledDataset dataset, IReadOnlyList<string>? roles)
    {
        var definition = dataset.Definition;
        if (Hidden(dataset, roles) is not { } hidden) return null;

        var about = About(definition.SubjectField);
        var keepsOwned = definition.KeepRowsOfErased;
        return new PersonalTable(Section(dataset),
            $"""
            SELECT jsonb_build_object('id', id, 'fields', fields - {SqlText.Quote($"{{{string.Join(',', hidden)}}}")}::text[], 'owned', {Owned},
                'create_time', create_time, 'update_time', update_time)::text
            FROM {dataset.Table} WHERE {Owned} OR {about} ORDER BY id
            """)
        {
            Read = dataset.Encrypted.Count == 0 ? null : line => Decrypt(line, dataset),
            Delete = $"DELETE FROM {dataset.Table} WHERE {about}{(keepsOwned ? "" : $" OR {Owned}")}",
            Pseudonymise = !keepsOwned ? null :
                $"""
                UPDATE {dataset.Table} SET owner = @pseudonym, fields = regexp_replace((fields - {SqlText.Quote($"{{{string.Join(',', dataset.Encrypted.Keys)}}}")}::text[])::text, @pattern, @pseudonym, 'gi')::jsonb,
                    version = version + 1, update_time = now()
                WHERE {Owned}
                """,
        };
    }

    /// <summary>Name of the dataset's section in an archive, and of its counts in a receipt, wherever the rows are.</summary>
    public static string Section(CompiledDataset dataset) => $"items/{dataset.Definition.Id}";

    /// <summary>Names of the fields that are not exported; null where none are left.</summary>
    public static string[]? Hidden(CompiledDataset dataset, IReadOnlyList<string>? roles)
    {
        if (roles is null) return [];
        var fields = dataset.Definition.Fields;
        string[] hidden = [.. fields.Where(field => !field.VisibleTo.Any(role => role == CompiledRule.EveryRole || roles.Contains(role))).Select(static field => field.Name)];
        return hidden.Length == fields.Count ? null : hidden;
    }

    /// <summary>
    /// Events hold rows as they were before and after a write, of the erasure as well. They are emptied; subscribers, who cannot be told any more what
    /// became of which row, begin anew.
    /// </summary>
    /// <param name="dataset">Null: what datasets that are gone have left.</param>
    public static PersonalTable EventsOf(CompiledDataset? dataset)
    {
        var (before, after) = (Holds("before", dataset), Holds("after", dataset));
        var within = dataset is null ? "" : string.Create(CultureInfo.InvariantCulture, $"AND dataset_id = {dataset.Id} ");
        return new PersonalTable("events", null)
        {
            // What was written in this transaction gets its place first.
            Pseudonymise =
                $"""
                SELECT publish_events();
                UPDATE events SET
                    before = CASE WHEN {before} THEN '{EmptyRow}' ELSE before END, before_owner = CASE WHEN {before} THEN @pseudonym ELSE before_owner END,
                    after = CASE WHEN {after} THEN '{EmptyRow}' ELSE after END, after_owner = CASE WHEN {after} THEN @pseudonym ELSE after_owner END
                WHERE organisation = @organisation {within}AND ({before} OR {after})
                """,
            Afterwards = "UPDATE event_state SET trimmed = position",
        };
    }

    // Encrypted values of a row that is kept under a pseudonym are removed: nobody can look for the person in them without reading them all.
    private static string Decrypt(string line, CompiledDataset dataset)
    {
        var row = JsonNode.Parse(line)!;
        foreach (var (name, value) in row["fields"]!.AsObject().Where(field => dataset.Encrypted.ContainsKey(field.Key)).ToArray())
            row["fields"]![name] = JsonNode.Parse(dataset.Cipher.Open(name, row["id"]!.GetValue<string>(), ItemValues.ReadSealed(JsonSerializer.SerializeToElement(value))).GetRawText());
        return row.ToJsonString(JsonSerializerOptions.Web);
    }

    private const string EmptyRow = "{}";

    private static string Holds(string image, CompiledDataset? dataset) =>
        $"({image} IS NOT NULL AND (({image}_owner COLLATE \"C\") = @subject OR {About(dataset?.Definition.SubjectField ?? "", image)}))";

    private static string About(string field, string fields = "fields") => field.Length == 0
        ? "false"
        : $"coalesce({fields}->>{SqlText.Quote(field)} = @subject OR (@email <> '' AND lower({fields}->>{SqlText.Quote(field)}) = lower(@email)), false)";
}
