using System.Text;
using AiMesh.Ai.V1;
using AiMesh.AiService.Calls;
using AiMesh.AiService.Routing;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;

namespace AiMesh.AiService.Completion;

internal sealed class ChatGrpcService(ModelRouter router, CallRunner runner) : Chat.ChatBase
{
    public override async Task<CompleteResponse> Complete(CompleteRequest request, ServerCallContext context)
    {
        var call = Prepare(request, context);
        var text = new StringBuilder();
        CallDone? done = null;
        await foreach (var item in runner.RunAsync(call, context.CancellationToken))
        {
            if (item is CallDelta delta)
                text.Append(delta.Text);
            done = item as CallDone;
        }

        return ToResponse(call, text.ToString(), done!);
    }

    public override async Task StreamComplete(CompleteRequest request, IServerStreamWriter<StreamCompleteResponse> responseStream, ServerCallContext context)
    {
        var call = Prepare(request, context);
        var text = new StringBuilder();
        await foreach (var item in runner.RunAsync(call, context.CancellationToken))
        {
            if (item is CallDelta delta)
            {
                text.Append(delta.Text);
                await responseStream.WriteAsync(new StreamCompleteResponse { Delta = delta.Text }, context.CancellationToken);
            }
            else if (item is CallDone done)
            {
                await responseStream.WriteAsync(new StreamCompleteResponse { Done = ToResponse(call, text.ToString(), done) }, context.CancellationToken);
            }
        }
    }

    private CallRequest Prepare(CompleteRequest request, ServerCallContext context)
    {
        var principal = context.GetPrincipal();
        var checkedRequest = CompleteRequestReader.Read(request).OrThrow();
        var candidates = router.Candidates(principal, request.Model, request.Policy).OrThrow();
        return new CallRequest(Guid.CreateVersion7(), principal, "chat", candidates, checkedRequest.Messages, checkedRequest.Options, []);
    }

    private static CompleteResponse ToResponse(CallRequest call, string text, CallDone done) => new()
    {
        Content = text,
        FinishReason = done.FinishReason.ToContract(),
        Model = done.Model.Id,
        Usage = done.Tokens.ToUsage(),
        Cost = done.Cost.ToMoney(),
        CallId = call.Id.ToString(),
    };
}
