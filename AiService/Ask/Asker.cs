using System.Runtime.CompilerServices;
using AiMesh.Ai.V1;
using AiMesh.AiService.Calls;
using AiMesh.AiService.Completion;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Ask;

/// <summary>The main job: a question over what the caller may see, answered by a model, with citations and cost (I12).</summary>
internal sealed class Asker(TableReader reader, ModelRouter router, CallRunner runner)
{
    /// <exception cref="MeshException">The request is wrong, or no model answered.</exception>
    public async IAsyncEnumerable<StreamAskResponse> AskAsync(AskRequest request, Principal principal, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (AskRequestChecks.Check(request) is { } error)
            throw new MeshException(error);
        var candidates = router.Candidates(principal, request.Model, CompleteRequest.Types.Policy.Unspecified).Match(models => models, refused => throw new MeshException(refused));
        // One context is packed for all that may get it: for the first one's length, and without what must not leave the mesh if any is outside.
        candidates = [.. candidates.Where(model => model.ContextLength >= candidates[0].ContextLength)];

        var tables = new List<SourceTable>();
        foreach (var dataset in request.Datasets)
            tables.Add(await reader.ReadDatasetAsync(dataset, request.Filters.GetValueOrDefault(dataset, ""), cancellationToken));
        foreach (var device in request.Devices)
            tables.Add(await reader.ReadDeviceAsync(device, cancellationToken));

        var maxOutput = request.MaxOutputTokens == 0 ? CompleteRequestReader.DefaultOutputTokens : request.MaxOutputTokens;
        var context = new ContextPacker(candidates[0].ContextLength - maxOutput, candidates.Any(model => !model.IsLocal)).Pack(tables, request.Question);
        var call = new CallRequest(Guid.CreateVersion7(), principal, "ask", candidates, context.Messages, new ChatOptions { MaxOutputTokens = maxOutput }, context.Guards);

        var citations = new CitationReader(context.Rows);
        await foreach (var item in runner.RunAsync(call, cancellationToken))
        {
            switch (item)
            {
                case CallStarted started:
                    yield return new StreamAskResponse { Started = new StreamAskResponse.Types.Started { Model = started.Model.Id, CallId = call.Id.ToString() } };
                    break;
                case CallDelta delta when citations.Add(delta.Text) is { Length: > 0 } text:
                    yield return new StreamAskResponse { Delta = text };
                    break;
                case CallDone done:
                    if (citations.Complete() is { Length: > 0 } rest)
                        yield return new StreamAskResponse { Delta = rest };
                    yield return new StreamAskResponse { Done = ToResponse(call, context, citations, done) };
                    break;
            }
        }
    }

    private static AskResponse ToResponse(CallRequest call, PackedContext context, CitationReader citations, CallDone done) => new()
    {
        Answer = citations.Answer,
        Citations = { citations.Citations },
        Model = done.Model.Id,
        Usage = done.Tokens.ToUsage(),
        Cost = done.Cost.ToMoney(),
        Answered = citations.Answered,
        Notices = { context.Notices },
        CallId = call.Id.ToString(),
    };
}
