using AiMesh.Data.V1;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace AiMesh.DataService.Datasets;

/// <summary>Reads definitions, as the request's role: through row-level security, and with the organisation in every statement.</summary>
internal sealed class DatasetStore(NpgsqlDataSource dataSource)
{
    public const string Columns = "id, version, organisation, name, display_name, description, definition, create_time, update_time";

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    public async Task<CompiledDataset?> FindAsync(Principal principal, string name, CancellationToken cancellationToken)
    {
        var command = new NpgsqlBatchCommand($"SELECT {Columns} FROM datasets WHERE organisation = $1 AND name = $2")
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = principal.Organisation }, new NpgsqlParameter<string> { TypedValue = name } },
        };
        return (await ReadAsync(principal, command, cancellationToken)).FirstOrDefault();
    }

    /// <summary>The next datasets of the organisation in order of id, permitted or not.</summary>
    public Task<List<CompiledDataset>> ListAsync(Principal principal, string after, int count, CancellationToken cancellationToken)
    {
        var command = new NpgsqlBatchCommand($"SELECT {Columns} FROM datasets WHERE organisation = $1 AND name > $2 ORDER BY name LIMIT $3")
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = principal.Organisation },
                new NpgsqlParameter<string> { TypedValue = after },
                new NpgsqlParameter<int> { TypedValue = count },
            },
        };
        return ReadAsync(principal, command, cancellationToken);
    }

    /// <summary>Ends with the exception of <see cref="RequestScope.DefinitionChangedState"/> where the definition is another one by now. For datasets in any store.</summary>
    public async Task ConfirmAsync(Principal principal, CompiledDataset dataset, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.EnterElsewhere(principal, dataset, writes: false));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public static CompiledDataset Read(NpgsqlDataReader reader)
    {
        var definition = Parser.Parse<Dataset>(reader.GetString(6));
        definition.Id = reader.GetString(3);
        definition.Name = $"datasets/{definition.Id}";
        definition.DisplayName = reader.GetString(4);
        definition.Description = reader.GetString(5);
        definition.CreateTime = Timestamp.FromDateTime(reader.GetDateTime(7));
        definition.UpdateTime = Timestamp.FromDateTime(reader.GetDateTime(8));
        return new CompiledDataset(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), definition);
    }

    private async Task<List<CompiledDataset>> ReadAsync(Principal principal, NpgsqlBatchCommand command, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(principal));
        batch.BatchCommands.Add(command);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var datasets = new List<CompiledDataset>();
        while (await reader.ReadAsync(cancellationToken)) datasets.Add(Read(reader));
        return datasets;
    }
}
