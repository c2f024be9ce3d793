using System.Text;
using Npgsql;

namespace AiMesh.Testing;

/// <summary>Looks for a person in every column of every table of a database: in texts, JSON and arrays, and in bytes.</summary>
public static class PersonScan
{
    private const string TablesSql =
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1";

    /// <summary>Where any of the terms is found, regardless of case, as "schema.table.column"; of a partition its own name.</summary>
    /// <param name="connectionString">Of a superuser.</param>
    /// <param name="terms">What the person is known by: id, address, name.</param>
    public static async Task<IReadOnlyList<string>> FindAsync(string connectionString, params IReadOnlyCollection<string> terms)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        var places = new List<string>();
        foreach (var table in await ColumnAsync(connection, TablesSql))
        {
            var sql = $"""
                select distinct f.key from {table} t, jsonb_each_text(to_jsonb(t)) f
                where exists (select from unnest($1) term where position(lower(term) in lower(f.value)) > 0) order by 1
                """;
            places.AddRange((await ColumnAsync(connection, sql, Spellings(terms))).Select(column => $"{table}.{column}"));
        }

        return places;
    }

    /// <summary>As texts say it, and as bytes look in JSON.</summary>
    private static string[] Spellings(IReadOnlyCollection<string> terms) => [.. terms, .. terms.Select(static term => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(term)))];

    private static async Task<List<string>> ColumnAsync(NpgsqlConnection connection, string sql, string[]? terms = null)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (terms is not null) command.Parameters.Add(new NpgsqlParameter { Value = terms });
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync()) values.Add(reader.GetString(0));
        return values;
    }
}
