using System.Collections.Immutable;
using AiMesh.Ai.V1;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AiService.Ask.Sources;

/// <summary>Everything a question is about, read side by side.</summary>
internal sealed class QuestionSources(DatasetSource datasets, DeviceSource devices)
{
    public async Task<Result<ImmutableArray<SourceTable>>> ReadAsync(AskRequest request, CancellationToken cancellationToken)
    {
        var reading = request.Datasets
            .Select(d => datasets.ReadAsync(d, request.Filters.TryGetValue(d, out var filter) ? filter : "", cancellationToken))
            .ToList();
        var fromDevices = request.Devices.Count == 0 ? Result(ImmutableArray<SourceTable>.Empty) : devices.ReadAsync(request.Devices, cancellationToken);
        await Task.WhenAll([.. reading, fromDevices]);

        var tables = ImmutableArray.CreateBuilder<SourceTable>();
        foreach (var table in reading)
        {
            if (!(await table).TryGet(out var read, out var error)) return error;
            tables.Add(read);
        }

        return (await fromDevices).Then<ImmutableArray<SourceTable>>(more => tables.ToImmutable().AddRange(more));
    }

    private static Task<Result<ImmutableArray<SourceTable>>> Result(ImmutableArray<SourceTable> tables) =>
        Task.FromResult<Result<ImmutableArray<SourceTable>>>(tables);
}
