using System.Collections.Immutable;
using AiMesh.Common.Rpc;
using AiMesh.Data.V1;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Ask.Sources;

/// <summary>Reads datasets from DataService with the caller's own token: what the caller may not see never arrives here.</summary>
internal sealed class DatasetSource(Items.ItemsClient items, IOptions<AskOptions> options)
{
    public async Task<Result<SourceTable>> ReadAsync(string dataset, string filter, CancellationToken cancellationToken)
    {
        try
        {
            using var call = items.QueryItems(
                new QueryItemsRequest { Dataset = dataset, Filter = filter, Limit = options.Value.MaxRows }, cancellationToken: cancellationToken);
            var definition = new Dataset { Id = dataset };
            var rows = ImmutableArray.CreateBuilder<SourceRow>();
            var truncated = false;
            await foreach (var message in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                definition = message.Dataset ?? definition;
                truncated |= message.Truncated;
                rows.AddRange(message.Items.Select(i => new SourceRow(i.Name, i.Fields ?? new())));
            }

            return new SourceTable
            {
                Id = dataset,
                DisplayName = definition.DisplayName,
                Description = definition.Description,
                Fields = FieldsOf(definition, rows),
                Rows = rows.ToImmutable(),
                IsTruncated = truncated,
            };
        }
        catch (RpcException exception) when (ErrorOf(exception, dataset) is { } error)
        {
            return error;
        }
    }

    private static ImmutableArray<SourceField> FieldsOf(Dataset definition, IEnumerable<SourceRow> rows)
    {
        var declared = definition.Fields.Select(f => new SourceField(f.Name, TypeOf(f.Type), f.Description, SensitivityOf(f.Classification))).ToList();
        var names = declared.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);

        // A value that the definition says nothing about has no known sensitivity; it is treated as personal.
        var undeclared = rows.SelectMany(r => r.Fields.Fields.Keys).Where(names.Add).Select(name => new SourceField(name, "", "", Sensitivity.Personal));
        return [.. declared, .. undeclared];
    }

    private static Sensitivity SensitivityOf(Field.Types.Classification classification) => classification switch
    {
        Field.Types.Classification.Public or Field.Types.Classification.Internal or Field.Types.Classification.Confidential => Sensitivity.Open,
        Field.Types.Classification.Secret => Sensitivity.Secret,
        _ => Sensitivity.Personal,
    };

    private static string TypeOf(Field.Types.Type type) => type switch
    {
        Field.Types.Type.String => "string",
        Field.Types.Type.Integer => "integer",
        Field.Types.Type.Number => "number",
        Field.Types.Type.Boolean => "boolean",
        Field.Types.Type.Timestamp => "timestamp",
        Field.Types.Type.Date => "date",
        Field.Types.Type.StringList => "string_list",
        _ => "",
    };

    private static MeshError? ErrorOf(RpcException exception, string dataset) => exception.StatusCode switch
    {
        // A dataset that one may not read is like one that is not there.
        StatusCode.NotFound or StatusCode.PermissionDenied => new NotFound("dataset", dataset),
        StatusCode.InvalidArgument => new InvalidField($"filters[{dataset}]", DescriptionOf(exception)),
        StatusCode.Unavailable => new Unavailable("the data service"),
        _ => null,
    };

    private static string DescriptionOf(RpcException exception) =>
        exception.ToStatus().Detail<BadRequest>()?.FieldViolations.FirstOrDefault()?.Description ?? exception.Status.Detail;
}
