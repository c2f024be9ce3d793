using System.Text;
using AiMesh.DataService.Items;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Privacy;
using Microsoft.Extensions.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.DataService.Privacy;

/// <summary>
/// Puts the pseudonym in the place of a person in items that are kept. PostgreSQL does it, as in its own rows: the same expression in another language would mean something
/// else some day.
/// </summary>
internal sealed class PersonRemover([FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner)
{
    private const int BytesAtOnce = 8 * 1024 * 1024;

    /// <returns>The fields of each document, without id, address and full name of the person.</returns>
    public async Task<List<IReadOnlyDictionary<string, object>>> WithoutAsync(ErasureOrder order, DocumentTable table, IEnumerable<Document> documents, CancellationToken cancellationToken)
    {
        var (all, texts, bytes) = (new List<IReadOnlyDictionary<string, object>>(), new List<string>(), 0);
        foreach (var document in documents)
        {
            var json = ItemValues.Write(document.Fields);
            texts.Add(Encoding.UTF8.GetString(json));
            if ((bytes += json.Length) < BytesAtOnce) continue;
            await AddAsync();
        }

        if (texts.Count > 0) await AddAsync();
        return all;

        async Task AddAsync()
        {
            await using var command = owner.CreateCommand("SELECT regexp_replace(f::text, $2, $3, 'gi')::jsonb FROM unnest($1) WITH ORDINALITY AS t (f, n) ORDER BY n");
            command.CommandTimeout = 0;
            command.Parameters.Add(new NpgsqlParameter { Value = texts.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb });
            command.Parameters.Add(new NpgsqlParameter { Value = order.Subject.Pattern });
            command.Parameters.Add(new NpgsqlParameter { Value = order.Pseudonym });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken)) all.Add(ItemValues.ReadStored(reader.GetFieldValue<byte[]>(0), table.Fields));
            texts.Clear();
            bytes = 0;
        }
    }
}
