using AiMesh.StandIns.Tests.Grpc.Shapes;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ShapesMessage = AiMesh.StandIns.Tests.Grpc.Shapes.Shapes;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>Gives back what it was sent: what comes out of it has been read and written once.</summary>
public sealed class ShapesEcho : ShapesService.ShapesServiceBase
{
    public override Task<ShapesMessage> Same(ShapesMessage request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Struct> SameStruct(Struct request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Any> SameAny(Any request, ServerCallContext context) => Task.FromResult(request);
}
