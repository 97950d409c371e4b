// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The grid-stride loop around a kernel of the CPU's ABI. The buffer table becomes registers once inlined.

#include "passes/gpu/EmitEntries.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicsNVPTX.h"

using namespace llvm;

namespace tcc {

void addGpuEntry(Module &module, StringRef name, unsigned numBuffers, unsigned numDims) {
  Function *kernel = module.getFunction(name);
  assert(kernel && "the kernel was compiled into this module");
  kernel->setLinkage(GlobalValue::InternalLinkage);
  kernel->addFnAttr(Attribute::AlwaysInline);
  LLVMContext &context = module.getContext();
  IRBuilder<> b(context);
  Type *i64 = b.getInt64Ty(), *pointer = b.getPtrTy(), *global = b.getPtrTy(1);
  SmallVector<Type *> inputs(numBuffers, global);
  inputs.append(numDims + 1, i64);
  Function *entry = Function::Create(FunctionType::get(b.getVoidTy(), inputs, false), GlobalValue::ExternalLinkage,
                                     name + "_gpu", module);
  entry->setCallingConv(CallingConv::PTX_Kernel);
  entry->copyAttributesFrom(kernel);
  entry->removeFnAttr(Attribute::AlwaysInline);
  entry->setLinkage(GlobalValue::ExternalLinkage);
  entry->setCallingConv(CallingConv::PTX_Kernel);
  BasicBlock *start = BasicBlock::Create(context, "start", entry), *head = BasicBlock::Create(context, "head", entry);
  BasicBlock *body = BasicBlock::Create(context, "body", entry), *done = BasicBlock::Create(context, "done", entry);

  b.SetInsertPoint(start);
  auto table = [&](Type *element, unsigned count, unsigned first) {
    AllocaInst *slots = b.CreateAlloca(ArrayType::get(element, std::max(1u, count)));
    for (unsigned i = 0; i < count; ++i) {
      Value *argument = entry->getArg(first + i);
      if (element == pointer)
        argument = b.CreateAddrSpaceCast(argument, pointer);
      b.CreateStore(argument, b.CreateConstGEP1_32(element, slots, i));
    }
    return slots;
  };
  Value *buffers = table(pointer, numBuffers, 0), *dims = table(i64, numDims, numBuffers);
  auto special = [&](Intrinsic::ID id) { return b.CreateZExt(b.CreateIntrinsic(b.getInt32Ty(), id, {}), i64); };
  Value *width = special(Intrinsic::nvvm_read_ptx_sreg_ntid_x);
  Value *thread = b.CreateAdd(b.CreateMul(special(Intrinsic::nvvm_read_ptx_sreg_ctaid_x), width),
                              special(Intrinsic::nvvm_read_ptx_sreg_tid_x));
  Value *stride = b.CreateMul(width, special(Intrinsic::nvvm_read_ptx_sreg_nctaid_x));
  b.CreateBr(head);
  b.SetInsertPoint(head);
  PHINode *block = b.CreatePHI(i64, 2);
  block->addIncoming(thread, start);
  b.CreateCondBr(b.CreateICmpSLT(block, entry->getArg(numBuffers + numDims)), body, done);
  b.SetInsertPoint(body);
  Value *next = b.CreateAdd(block, b.getInt64(1));
  b.CreateCall(kernel, {buffers, dims, block, next, ConstantPointerNull::get(cast<PointerType>(pointer))});
  block->addIncoming(b.CreateAdd(block, stride), body);
  b.CreateBr(head);
  b.SetInsertPoint(done);
  b.CreateRetVoid();
}

} // namespace tcc
