using AiMesh.DataService.Datasets;
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
        string[] hidden = roles is null
            ? []
            : [.. definition.Fields.Where(field => !field.VisibleTo.Any(role => role == CompiledRule.EveryRole || roles.Contains(role))).Select(static field => field.Name)];
        if (roles is not null && hidden.Length == definition.Fields.Count) return null;

        var about = About(definition.SubjectField);
        var keepsOwned = definition.KeepRowsOfErased;
        return new PersonalTable($"items/{definition.Id}",
            $"""
            SELECT jsonb_build_object('id', id, 'fields', fields - {SqlText.Quote($"{{{string.Join(',', hidden)}}}")}::text[], 'owned', {Owned},
                'create_time', create_time, 'update_time', update_time)::text
            FROM {dataset.Table} WHERE {Owned} OR {about} ORDER BY id
            """)
        {
            Delete = $"DELETE FROM {dataset.Table} WHERE {about}{(keepsOwned ? "" : $" OR {Owned}")}",
            Pseudonymise = !keepsOwned ? null :
                $"""
                UPDATE {dataset.Table} SET owner = @pseudonym, fields = regexp_replace(fields::text, @pattern, @pseudonym, 'gi')::jsonb,
                    version = version + 1, update_time = now()
                WHERE {Owned}
                """,
        };
    }

    private static string About(string field) => field.Length == 0
        ? "false"
        : $"(fields->>{SqlText.Quote(field)} = @subject OR (@email <> '' AND lower(fields->>{SqlText.Quote(field)}) = lower(@email)))";
}
